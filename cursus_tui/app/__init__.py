"""The Textual app: screens, panes, actions, keymap."""
