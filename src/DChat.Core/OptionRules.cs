using System.Collections;
using System.Globalization;
using System.Reflection;

namespace DChat.Core;

/// <summary>Derives from <see cref="OptionAttribute"/>s what others would have to repeat: the check, and the table for people.</summary>
public static class OptionRules
{
    /// <summary>The section of a class of options.</summary>
    /// <exception cref="ArgumentException">The class declares none.</exception>
    public static string SectionOf(Type options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.GetCustomAttribute<OptionSectionAttribute>()?.Path
            ?? throw new ArgumentException($"{options.Name} has no {nameof(OptionSectionAttribute)}.", nameof(options));
    }

    /// <summary>Every option of a class with a section, in the order of declaration.</summary>
    /// <exception cref="ArgumentException">The class declares no section.</exception>
    public static IReadOnlyList<OptionDescription> Describe<TOptions>()
        where TOptions : new() => [.. Describe(new TOptions(), SectionOf(typeof(TOptions)), subject: "")];

    /// <summary>Requires every number and time to be within its declared range, also those of groups.</summary>
    /// <param name="options">An object with declared options.</param>
    /// <param name="group">Where it stands within others, with a dot behind; empty when it stands alone.</param>
    /// <exception cref="DChatException">One is not (<c>options-invalid</c>); the message names option, value and range.</exception>
    public static void Check(object options, string group = "")
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var property in options.GetType().GetProperties())
        {
            if (property.IsDefined(typeof(OptionGroupAttribute)))
            {
                Check(property.GetValue(options)!, $"{group}{property.Name}.");
            }
            else if (property.GetCustomAttribute<OptionAttribute>() is { Min: { } min, Max: { } max } option)
            {
                var value = (IComparable)property.GetValue(options)!;
                Require(IsAtLeast(value, min) && IsAtMost(value, max), group + property.Name, value, RangeOf(option, property));
            }
        }
    }

    /// <summary>Requires of one option what no range can say; the declaration says it in words.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="options">The object that has the option.</param>
    /// <param name="name">The option.</param>
    /// <exception cref="DChatException">It does not (<c>options-invalid</c>); the message names option, value and form.</exception>
    public static void Require(bool holds, object options, string name)
    {
        ArgumentNullException.ThrowIfNull(options);
        var property = options.GetType().GetProperty(name)!;
        Require(holds, name, property.GetValue(options), RangeOf(property.GetCustomAttribute<OptionAttribute>()!, property));
    }

    private static void Require(bool holds, string option, object? value, string range) =>
        OptionRange.Require(holds, option, value is null or string ? $"'{value}'" : value, range);

    private static IEnumerable<OptionDescription> Describe(object options, string path, string subject)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var key = $"{path}:{property.Name}";
            if (property.GetCustomAttribute<OptionGroupAttribute>() is { } group)
            {
                foreach (var option in Describe(property.GetValue(options)!, key, group.Subject))
                {
                    yield return option;
                }
            }
            else if (property.GetCustomAttribute<OptionAttribute>() is { } option)
            {
                var value = property.GetValue(options);
                foreach (var name in value is IDictionary ? KeysOf(property.PropertyType) : [subject])
                {
                    yield return new OptionDescription(
                        value is IDictionary ? $"{key}:{name}" : key,
                        option.Switch,
                        option.Default ?? Text(value),
                        RangeOf(option, property),
                        string.Format(CultureInfo.InvariantCulture, option.Summary, name));
                }
            }
        }
    }

    private static string[] KeysOf(Type dictionary) => Enum.GetNames(dictionary.GetGenericArguments()[0]);

    private static string RangeOf(OptionAttribute option, PropertyInfo property) =>
        option.Form
        ?? (option.Min is null ? string.Join(", ", Enum.GetNames(property.PropertyType))
        : $"{Text(option.Min)} to {Text(option.Max)}{(option.Unit is null ? "" : $" {option.Unit}")}");

    // Attributes hold no times, and their numbers are of the smallest type that fits.
    private static object Bound(IComparable value, object bound) =>
        value is TimeSpan ? TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture)
        : Convert.ChangeType(bound, value.GetType(), CultureInfo.InvariantCulture);

    private static bool IsAtLeast(IComparable value, object min) => value.CompareTo(Bound(value, min)) >= 0;

    private static bool IsAtMost(IComparable value, object max) => value.CompareTo(Bound(value, max)) <= 0;

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
