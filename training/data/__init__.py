"""Turns public image sets into aligned face crops and teacher targets for distillation."""

__version__ = "2"
