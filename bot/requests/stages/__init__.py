"""The stages that a request passes, one a module; `bot.requests.pipeline` has their order."""
