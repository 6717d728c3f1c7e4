(ns essay
  "The essay's shape: each event gets a go block of its own, which answers with a tagged result.
  The essay prints at each restart; here nothing is printed."
  (:require [clojure.core.async :as a])
  (:import (java.util.function Consumer LongFunction)))

(defn publish-click [^LongFunction log offset clicks]
  (a/go
    (try
      (let [click (.apply log (long offset))]
        (a/>! clicks click)
        [:read (inc offset)])
      (catch Throwable e
        [:error {:exception e :offset offset :operation :publish-click}]))))

(defn start [log clicks from]
  (a/go-loop [offset from]
    (let [[tag state] (a/<! (publish-click log offset clicks))]
      (if (= tag :error)
        state
        (recur state)))))

(defn start-supervisor [log clicks]
  (a/go-loop [producer (start log clicks 0)]
    (let [{:keys [offset]} (a/<! producer)]
      (recur (start log clicks offset)))))

(defn start-all [log ^Consumer tally]
  (let [clicks (a/chan 1024)]
    (start-supervisor log clicks)
    (a/go-loop []
      (.accept tally (a/<! clicks))
      (recur))))
