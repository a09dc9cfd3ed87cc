"""The recurrent network's training, the one thing that needs PyTorch. What it learns is served without it."""

import torch
from torch import nn

from ml.datasets.samples import Samples
from ml.learners.trained import Trained, TrainingSettings, fitted_targets
from ml.models.recurrent import Recurrent

CELLS, STEPS = 8, 32
"""Of memory, and newest returns looked at."""
EPOCHS, ROWS_A_STEP = 10, 512
LEARNING_RATE, WEIGHT_DECAY = 0.003, 0.01


def lstm(samples: Samples, settings: TrainingSettings) -> Trained:
    """Least squares by Adam with weights that decay, over rows in an order drawn anew each time; Loshchilov and Hutter,
    "Decoupled weight decay regularization" (2019). It sees the returns alone, so it tells no features apart."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.random_state)
    network = nn.ModuleDict({"memory": nn.LSTM(1, CELLS, batch_first=True), "head": nn.Linear(CELLS, 1)})
    returns = torch.tensor(samples.returns[:, -STEPS:, None], dtype=torch.float32)
    targets = torch.tensor(fitted_targets(samples), dtype=torch.float32)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(targets)).split(ROWS_A_STEP):
            optimizer.zero_grad()
            nn.functional.mse_loss(outputs_of(network, returns[rows]), targets[rows]).backward()
            optimizer.step()
    return Trained(_served(network), network, {})


def outputs_of(network: nn.ModuleDict, returns: torch.Tensor) -> torch.Tensor:
    """What the network says of rows of returns (n, STEPS, 1), oldest first."""
    outputs, _ = network["memory"](returns)
    return network["head"](outputs[:, -1])[:, 0]


def _served(network: nn.ModuleDict) -> Recurrent:
    """PyTorch has the gates in the order i, f, g, o, and two biases that are added."""
    memory, head = network["memory"], network["head"]
    biases = (memory.bias_ih_l0 + memory.bias_hh_l0)[:, None]
    rows = torch.cat([memory.weight_ih_l0, memory.weight_hh_l0, biases], dim=1).double().tolist()
    weights = head.weight[0].double().tolist()
    return Recurrent(STEPS, tuple(map(tuple, rows)), tuple(weights), head.bias[0].item())
