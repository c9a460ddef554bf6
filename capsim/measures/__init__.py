"""What results mean: standards, budget, plan risk, consequences."""
