"""Identity: who members are, how they sign in, and what others see of them.

User: an account with its way to sign in. Profile: what others see of it. Session: one signed-in
device. Standing: what trading has shown of a member.
"""
