/** With it the user ids begin that roomd's bots have in calls: by it bots know one another, and webhooks know them. */
export const BOT_USER = 'roomd-';

/** What an app message may take as JSON in UTF-8, in bytes: Daily's limit. */
export const MAX_APP_MESSAGE_BYTES = 4_096;
