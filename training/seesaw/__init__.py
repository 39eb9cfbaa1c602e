"""Training of Seesaw face embedding networks: definitions, distillation, export."""
