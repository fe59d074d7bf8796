import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';

/** Puts an event of the supervisor's own into the log. */
export type Publish = <T extends TopicId>(topic: T, payload: TopicPayloads[T]) => void;
