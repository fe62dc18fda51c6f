"""`python -m bot.cli`: the `xk8s` command without an installation."""

from bot.cli.main import main

if __name__ == "__main__":
    main()
