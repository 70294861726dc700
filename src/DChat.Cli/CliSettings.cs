namespace DChat.Cli;

/// <summary>The options that every verb understands, and the operator token of the environment.</summary>
internal sealed record CliSettings(SiloEndpoint Silo, string Home, string ClusterId, string ServiceId, string? OperatorToken = null);
