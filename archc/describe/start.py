"""The spec that a new network starts from."""

from __future__ import annotations

from string import Template

_SPEC = Template("""\
# yaml-language-server: $$schema=$schema
archc: 1
name: $name
summary: A small convolutional network for images.
params:
  num_classes: 10
inputs:
  image: [N, 3, 224, 224]
graph:
  - for: channels
    in: [32, 64, 128]
    do:
      - conv2d: {out_channels: $$channels, kernel_size: 3, padding: 1, bias: false}
      - batch_norm2d
      - relu
      - max_pool2d: {kernel_size: 2}
  - adaptive_avg_pool2d: {output_size: 1}
  - flatten
  - linear: {out_features: $$num_classes}
""")


def starting_spec(name: str, schema: str) -> str:
    """A spec of a network `name` that editors check with the JSON Schema at `schema`."""
    return _SPEC.substitute(name=name, schema=schema)
