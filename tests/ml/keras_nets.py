"""keras_nets.py - models of Keras as people write them, for test_keras.py."""
import keras
import numpy as np
from keras import layers


def halve(x):
    return x / 2


@keras.saving.register_keras_serializable("zpl")
class Scale(layers.Layer):
    def __init__(self, by=2.0, **rest):
        super().__init__(**rest)
        self.by = by

    def call(self, x):
        return x * self.by

    def get_config(self):
        return dict(super().get_config(), by=self.by)


@keras.saving.register_keras_serializable("zpl")
class Own(keras.Model):
    def __init__(self, width=4, **rest):
        super().__init__(**rest)
        self.width = width
        self.first = layers.Dense(width, activation="relu")
        self.second = layers.Dense(2)

    def call(self, x):
        return self.second(self.first(x))

    def get_config(self):
        return dict(super().get_config(), width=self.width)


def rows(*shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)


def all_nets():
    keras.utils.set_random_seed(3)
    keras.backend.clear_session()
    mlp = keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.5), layers.Dense(2, activation="softmax")])
    mlp.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    mlp.fit(rows(8, 4), np.arange(8) % 2, epochs=1, verbose=0)
    x = layers.Input((4, 4, 1))
    shared = layers.Dense(5, activation="gelu")
    flat = layers.Flatten()(layers.BatchNormalization()(layers.Conv2D(2, 3)(x)))
    cnn = keras.Model(x, [shared(flat), Scale(3.0)(shared(flat))])
    words = keras.Sequential([layers.Input((6,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True), layers.Bidirectional(layers.LSTM(3)), layers.Dense(1)])
    own = Own(3)
    own(rows(2, 4))
    return {"mlp": (mlp, rows(3, 4)), "cnn": (cnn, rows(2, 4, 4, 1)), "words": (words, np.arange(12).reshape(2, 6) % 9), "own": (own, rows(2, 4))}


def score(net, given):
    out = net(given, training=False)
    return np.concatenate([np.asarray(o).ravel() for o in (out if isinstance(out, (list, tuple)) else [out])])
