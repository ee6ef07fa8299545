"""Steps of digits.zpl."""

import os

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import zpl
from net import Digits


def tensors(rows: pd.DataFrame) -> tuple[torch.Tensor, torch.Tensor]:
    points = torch.tensor(np.stack(rows["image"]), dtype=torch.float32)
    return points, torch.tensor(rows["digit"].astype(int).to_numpy())


def fit(train: pd.DataFrame, epochs: int = 12, rate: float = 0.01) -> nn.Module:
    """Trains on all workers there are, each on its part of every batch; alone on all of it."""
    workers, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    points, digits = tensors(train)
    torch.manual_seed(7)
    net = Digits()
    trained = net
    if workers > 1:
        dist.init_process_group("gloo")
        trained = DistributedDataParallel(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(points)).split(64):
            part = batch[rank::workers]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(trained(points[part]), digits[part])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
        zpl.context().metric("loss", total * workers / len(points), step=epoch + 1)
    if workers > 1:
        dist.destroy_process_group()
    return net.eval()


@torch.no_grad()
def judge(net: nn.Module, test: pd.DataFrame) -> dict:
    points, digits = tensors(test)
    scores = net(points)
    right = scores.argmax(dim=1) == digits
    return {"accuracy": right.float().mean().item(), "loss": nn.functional.cross_entropy(scores, digits).item()}
