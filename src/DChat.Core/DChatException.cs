namespace DChat.Core;

/// <summary>
/// The root of every fault DChat raises. Expected outcomes are values; this is for what a caller cannot go on from.
/// <see cref="Code"/> and <see cref="IsTransient"/> travel in <see cref="Exception.Data"/>, so they survive a grain call.
/// </summary>
public class DChatException : Exception
{
    private const string CodeKey = "dchat.code";
    private const string TransientKey = "dchat.transient";

    /// <summary>A fault with a stable code.</summary>
    /// <param name="code">Lower case with hyphens, such as <c>log-locked</c>. Never changes once released.</param>
    /// <param name="message">One sentence for the person who reads it.</param>
    /// <param name="isTransient">Whether the same call may succeed later without a change.</param>
    /// <param name="inner">The cause, if another exception is.</param>
    public DChatException(string code, string message, bool isTransient = false, Exception? inner = null)
        : base(message, inner)
    {
        Data[CodeKey] = code;
        Data[TransientKey] = isTransient;
    }

    /// <summary>The stable code, such as <c>log-locked</c>.</summary>
    public string Code => Data[CodeKey] as string ?? "unknown";

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient => Data[TransientKey] is true;
}
