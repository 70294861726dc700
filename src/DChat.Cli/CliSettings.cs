namespace DChat.Cli;

/// <summary>The options that every verb understands.</summary>
internal sealed record CliSettings(SiloEndpoint Silo, string Home, string ClusterId, string ServiceId);
