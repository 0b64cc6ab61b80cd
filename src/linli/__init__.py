"""linli (邻里): a signal becomes a fact; a fact that needs people becomes one incident."""
