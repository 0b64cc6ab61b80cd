"""An alert is a finding that rings: repeats count on it, and a worse finding rings it again."""
