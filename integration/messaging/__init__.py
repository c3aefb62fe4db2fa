"""Mail and text messages (邮件与短信): the senders behind the notices."""
