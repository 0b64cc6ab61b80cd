"""linli (邻里): a signal becomes a fact about a place and a person; what needs people becomes one incident."""
