namespace DChat.Silo.Configuration;

/// <summary>The configuration is wrong. The message is one line for the operator: option, value, what it must be.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
