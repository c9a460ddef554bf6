"""Teachers: stock, needs, recruits, retirement, allocation and exchange."""
