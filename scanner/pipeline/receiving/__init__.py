"""Who received it: proofs in received mail, and message traces."""
