"""The first screen: experiments to begin with, and the runs there are."""
