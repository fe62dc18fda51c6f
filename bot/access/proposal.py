"""The former place of `bot.actions.proposal`."""

from bot.actions.proposal import Proposal as Proposal
from bot.actions.proposal import ProposalDocument as ProposalDocument
from bot.actions.proposal import Propose as Propose
from bot.actions.proposal import digest as digest
