"""Conversion of other people's face models to NCNN, with a manifest: `python -m seesaw.convert`."""
