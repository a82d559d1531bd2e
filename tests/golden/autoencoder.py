# Compiled by archc: change the spec, not this file.
"""Convolutions narrow an image to a small code, transposed ones make an image of it
again.

Source: Hinton, Salakhutdinov. Reducing the Dimensionality of Data with Neural
Networks. 2006
"""

from torch import Tensor, nn


class Autoencoder(nn.Module):
    """From `image` `[N, 3, 32, 32]` to `image` `[N, 3, 32, 32]`, `code`
    `[N, 64, 1, 1]`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 128, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 64, kernel_size=4),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(64, 128, kernel_size=4, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.ConvTranspose2d(128, 64, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.ConvTranspose2d(64, 32, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 3, kernel_size=4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        encoder = self.encoder(image)
        x = self.decoder(encoder)
        return {"image": x, "code": encoder}
