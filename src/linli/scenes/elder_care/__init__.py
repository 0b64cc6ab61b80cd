"""Elder care: a call for help, and a home where the water has not run."""
