"""The kernel: ids, time, errors, events, scope and the unit of work. It knows no business."""
