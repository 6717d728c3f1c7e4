(ns channels
  "What the children of core.async put on."
  (:require [clojure.core.async :as a]))

(defn full
  "A channel without room. A put waits for ever."
  []
  (doto (a/chan 1)
    (a/>!! :full)))

(defn roomy
  "A channel that always has room: it forgets."
  []
  (a/chan (a/sliding-buffer 1)))
