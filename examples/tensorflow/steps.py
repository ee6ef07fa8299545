"""Steps of birds.zpl."""

import keras
import pandas as pd
from keras import layers

import zpl


def fit(train: pd.DataFrame, label: str, epochs: int = 40) -> keras.Model:
    keras.utils.set_random_seed(7)
    features = train.drop(columns=[label]).astype("float32").to_numpy()
    kinds = train[label].cat
    scale = layers.Normalization()
    scale.adapt(features)
    net = keras.Sequential([layers.Input((features.shape[1],)), scale, layers.Dense(16, activation="relu"), layers.Dense(len(kinds.categories), activation="softmax")])
    net.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy")
    history = net.fit(features, kinds.codes.to_numpy(), epochs=epochs, batch_size=32, verbose=0)
    zpl.context().metric("loss", history.history["loss"][-1], step=epochs)
    return net


def judge(net: keras.Model, test: pd.DataFrame, label: str) -> dict:
    guess = net.predict(test.drop(columns=[label]).astype("float32").to_numpy(), verbose=0).argmax(axis=1)
    return {"accuracy": float((guess == test[label].cat.codes).mean())}
