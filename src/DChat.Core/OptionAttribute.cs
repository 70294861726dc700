namespace DChat.Core;

/// <summary>
/// Tells of an option, beside it, all that there is to tell: help, tables and the check at start are made of this
/// (<see cref="OptionRules"/>). Its default is the value of a new object.
/// </summary>
/// <param name="summary">
/// What it does, in a phrase. In options that several others are made of, <c>{0}</c> stands for what
/// <see cref="OptionGroupAttribute"/> says; in a dictionary by enum, for the key.
/// </param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string summary) : Attribute
{
    /// <summary>What it does.</summary>
    public string Summary { get; } = summary;

    /// <summary>The least value: a number, or a time as text such as <c>00:00:01</c>. With <see cref="Max"/>.</summary>
    public object? Min { get; set; }

    /// <summary>The greatest value, of the type of <see cref="Min"/>.</summary>
    public object? Max { get; set; }

    /// <summary>The unit of a number, such as <c>bytes</c>; none when null.</summary>
    public string? Unit { get; set; }

    /// <summary>What it must be, when that is no range: <c>it must be {Form}</c>.</summary>
    public string? Form { get; set; }

    /// <summary>The short command-line switch of the silo, such as <c>--data</c>; none when null.</summary>
    public string? Switch { get; set; }

    /// <summary>How the default reads, when its value is nothing to read: null, empty or a list.</summary>
    public string? Default { get; set; }
}
