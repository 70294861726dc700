namespace DChat.Silo.Hosting;

/// <summary>A port that the silo is to listen on cannot be bound. The message is one line for the operator.</summary>
internal sealed class PortInUseException(string message, Exception inner) : Exception(message, inner);
