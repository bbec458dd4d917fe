"""One module per noun; a view takes the visit (and where it is) and returns an answer.

The trap it avoids: views that share hidden state. Each reads the world anew, so a page never shows yesterday's issue.
"""
