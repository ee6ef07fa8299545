"""Steps of forest.zpl."""

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, f1_score


def fit(train: pd.DataFrame, label: str, trees: int = 50) -> RandomForestClassifier:
    forest = RandomForestClassifier(n_estimators=trees, random_state=7)
    return forest.fit(train.drop(columns=[label]), train[label])


def judge(model: RandomForestClassifier, test: pd.DataFrame, label: str) -> dict:
    guess = model.predict(test.drop(columns=[label]))
    return {
        "accuracy": accuracy_score(test[label], guess),
        "macro_f1": f1_score(test[label], guess, average="macro"),
    }
