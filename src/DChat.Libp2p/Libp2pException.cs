namespace DChat.Libp2p;

/// <summary>
/// The root of every fault this library raises. <see cref="Code"/> is one of <see cref="Libp2pErrorCodes"/>.
/// </summary>
public class Libp2pException : Exception
{
    /// <summary>A fault with a stable code.</summary>
    /// <param name="code">One of <see cref="Libp2pErrorCodes"/>.</param>
    /// <param name="message">One sentence for the person who reads it.</param>
    /// <param name="isTransient">Whether the same call may succeed later without a change.</param>
    /// <param name="inner">The cause, if another exception is.</param>
    public Libp2pException(string code, string message, bool isTransient = false, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        IsTransient = isTransient;
    }

    /// <summary>Lower case with hyphens, such as <c>peer-mismatch</c>. Never changes once released.</summary>
    public string Code { get; }

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient { get; }
}
