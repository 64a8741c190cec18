"""What a report looks like: wording, columns and styles. Data only; located by name, never imported."""
