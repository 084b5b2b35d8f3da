from core.components.losses import LOSSES


@LOSSES.add("focal", output="logits")
def focal(*, gamma: float = 2.0):
    """Focal loss: cross-entropy that cares less for what is right already (Lin et al. 2017)."""
    from torch import nn
    from torch.nn import functional

    class Focal(nn.Module):
        def forward(self, output, target):
            each = functional.cross_entropy(output, target, reduction="none")
            return ((1 - (-each).exp()) ** gamma * each).mean()

    return Focal()
