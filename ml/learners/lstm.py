"""Training of the recurrent network, the only code that needs PyTorch. The trained model is served without it."""

import torch
from torch import nn

from ml.datasets.samples import Samples
from ml.learners.trained import Trained, TrainingSettings, fitted_targets
from ml.models.recurrent import Recurrent

CELLS, STEPS = 8, 32
"""Memory cells, and number of newest returns used."""
EPOCHS, ROWS_A_STEP = 10, 512
LEARNING_RATE, WEIGHT_DECAY = 0.003, 0.01


def lstm(samples: Samples, settings: TrainingSettings) -> Trained:
    """Least squares by Adam with weight decay, over rows shuffled in each epoch; Loshchilov and Hutter, "Decoupled
    weight decay regularization" (2019). The only input is returns, so there are no feature importances."""
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
    """The outputs of the network for rows of returns (n, STEPS, 1), oldest first."""
    outputs, _ = network["memory"](returns)
    return network["head"](outputs[:, -1])[:, 0]


def _served(network: nn.ModuleDict) -> Recurrent:
    """PyTorch orders the gates i, f, g, o, and has two biases that are added."""
    memory, head = network["memory"], network["head"]
    biases = (memory.bias_ih_l0 + memory.bias_hh_l0)[:, None]
    rows = torch.cat([memory.weight_ih_l0, memory.weight_hh_l0, biases], dim=1).double().tolist()
    weights = head.weight[0].double().tolist()
    return Recurrent(STEPS, tuple(map(tuple, rows)), tuple(weights), head.bias[0].item())
