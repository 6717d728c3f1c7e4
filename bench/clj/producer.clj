(ns producer
  "core.async at its best: one go block, or one io-thread, a producer, and no result an event.
  A read is a plain function, so that no go block needs a try."
  (:require [clojure.core.async :as a])
  (:import (java.util.concurrent Executors)
           (java.util.function Consumer LongFunction)))

(defrecord Failure [exception offset operation])

(defn failure? [x] (instance? Failure x))

(defn take-click [^LongFunction log offset]
  (try
    (.apply log (long offset))
    (catch Throwable e
      (->Failure e offset :take-click))))

(defn produce [log clicks from]
  (a/go-loop [offset from]
    (let [click (take-click log offset)]
      (if (failure? click)
        click
        (do (a/>! clicks click)
            (recur (inc offset)))))))

(defn start-supervisor [log clicks]
  (a/go-loop [producer (produce log clicks 0)]
    (recur (produce log clicks (:offset (a/<! producer))))))

(defn start-go [log ^Consumer tally]
  (let [clicks (a/chan 1024)]
    (start-supervisor log clicks)
    (a/go-loop []
      (.accept tally (a/<! clicks))
      (recur))))

(defn start-in-place
  "Supervisor and producer in one go block: after a failure, its loop goes on at the same offset."
  [log clicks]
  (a/go-loop [offset 0]
    (let [click (take-click log offset)]
      (if (failure? click)
        (recur (:offset click))
        (do (a/>! clicks click)
            (recur (inc offset)))))))

(defn start-io-thread [log ^Consumer tally]
  (let [clicks (a/chan 1024)
        start (fn [from]
                (a/io-thread
                  (loop [offset from]
                    (let [click (take-click log offset)]
                      (if (failure? click)
                        click
                        (do (a/>!! clicks click)
                            (recur (inc offset))))))))]
    (a/io-thread
      (loop [producer (start 0)]
        (recur (start (:offset (a/<!! producer))))))
    (a/io-thread
      (loop []
        (.accept tally (a/<!! clicks))
        (recur)))))

(defn virtual-threads
  "For the property clojure.core.async.executor-factory: go blocks on virtual threads."
  [workload]
  (when (= workload :core-async-dispatch)
    (Executors/newVirtualThreadPerTaskExecutor)))
