"""What leaves for elsewhere: lines to fine-tune on, model cards, numbers for trackers."""
