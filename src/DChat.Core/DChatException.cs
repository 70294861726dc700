namespace DChat.Core;

/// <summary>
/// The root of every fault DChat raises. Expected outcomes are values; this is for what a caller cannot go on from. Grains
/// throw exactly this type, so that it travels.
/// </summary>
/// <param name="code">Lower case with hyphens, such as <c>log-locked</c>. Never changes once released.</param>
/// <param name="message">One sentence for the person who reads it.</param>
/// <param name="isTransient">Whether the same call may succeed later without a change.</param>
/// <param name="inner">The cause, if another exception is.</param>
public class DChatException(string code, string message, bool isTransient = false, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The stable code, such as <c>log-locked</c>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsTransient { get; } = isTransient;
}
