using DChat.Tls;

namespace DChat.Cli;

/// <summary>The options that every verb understands, and the operator token of the environment. TLS is null where there is none.</summary>
internal sealed record CliSettings(SiloEndpoint Silo, string Home, string ClusterId, string ServiceId, string? OperatorToken = null, TlsFiles? Tls = null);
