using System.Globalization;

namespace DChat.Core;

/// <summary>Checks option values; the error names the option, its value and its range, so that one line is enough to mend it.</summary>
public static class OptionRange
{
    /// <summary>The code of the fault that a bad option raises.</summary>
    public const string InvalidCode = "options-invalid";

    /// <summary>Requires a value within a range, ends included.</summary>
    /// <exception cref="DChatException">It is not (<c>options-invalid</c>).</exception>
    public static void Check<T>(string option, T value, T min, T max)
        where T : IComparable<T> =>
        Require(
            value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0,
            option,
            value,
            string.Create(CultureInfo.InvariantCulture, $"{min} to {max}"));

    /// <summary>Requires that a condition holds.</summary>
    /// <exception cref="DChatException">It does not (<c>options-invalid</c>).</exception>
    public static void Require(bool holds, string option, object? value, string range)
    {
        if (!holds)
        {
            throw new DChatException(
                InvalidCode, string.Create(CultureInfo.InvariantCulture, $"{option} is {value ?? "null"}; it must be {range}."));
        }
    }
}
