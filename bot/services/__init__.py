"""One small function per action: an Action in, the domain's result out. The only place that knows both."""
