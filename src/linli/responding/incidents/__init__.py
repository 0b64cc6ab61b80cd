"""An incident is one matter that needs people: owned, answered, proved, closed, with its story."""
