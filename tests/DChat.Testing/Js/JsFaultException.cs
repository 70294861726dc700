namespace DChat.Testing.Js;

/// <summary>A command failed in JavaScript.</summary>
/// <param name="name">The name of the error, such as <c>StreamResetError</c>.</param>
/// <param name="message">Its message.</param>
/// <param name="output">All that the peer has printed.</param>
public sealed class JsFaultException(string name, string message, string output) : Exception($"{name}: {message}\n{output}")
{
    /// <summary>The name of the JavaScript error.</summary>
    public string Name => name;

    /// <summary>Its message alone.</summary>
    public string Text => message;
}
