"""Assembly: settings, processes, engines and commands. It joins the rooms and decides nothing."""
