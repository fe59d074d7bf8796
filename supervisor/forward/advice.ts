const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(AccessDenied|NotAuthorized|OptInRequired)/,
    'allow events:PutEvents on the bus for the principal that roomd runs as',
  ],
  [/^InvalidAccountId/, 'name the bus by an ARN of the right account, or correct forward.bus'],
  [/^(ResourceNotFound|BusNotFound)/, 'make the bus, or correct forward.bus and forward.region'],
  [
    /^(UnknownOperation|MissingAuthenticationToken|HTTP (?:40[1345]|501))/,
    'see whether forward.endpoint is an EventBridge',
  ],
  [/^(CredentialsProvider|Expired|InvalidClientTokenId|UnrecognizedClient)/, 'give roomd credentials that are valid'],
  [
    /^(IncompleteSignature|InvalidSignature|SignatureDoesNotMatch|RequestExpired|RequestInTheFuture|RequestTime)/,
    "set this machine's clock, and see whether the secret key is right",
  ],
];

/** What an operator can do about a hold, by its reason. */
export function adviceFor(reason: string): string {
  return ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ?? 'see docs/eventbridge.md';
}
