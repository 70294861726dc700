namespace DChat.Core;

/// <summary>A property that holds options of its own.</summary>
/// <param name="subject">What they are about: <c>{0}</c> in the summaries of the options within.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionGroupAttribute(string subject) : Attribute
{
    /// <summary>What they are about.</summary>
    public string Subject { get; } = subject;
}
