using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>What the command line asks for.</summary>
/// <param name="ShowHelp">Print the help and end.</param>
/// <param name="ShowVersion">Print the version and end.</param>
/// <param name="Values">Configuration keys and their values; they override files and environment.</param>
internal sealed record CommandLine(bool ShowHelp, bool ShowVersion, IReadOnlyDictionary<string, string?> Values)
{
    /// <summary>Reads <c>--switch value</c> and <c>--switch=value</c>, where a switch is a short one or <c>--</c> and a key.</summary>
    /// <exception cref="DChatException">A switch is unknown, has no value or stands there twice (<c>options-invalid</c>).</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        bool help = false, version = false;
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "--help" or "-h" or "-?")
            {
                help = true;
                continue;
            }

            if (args[i] is "--version")
            {
                version = true;
                continue;
            }

            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            var key = KeyOf(name) ?? throw Invalid($"{name} is not an option; --help lists them.");
            var value = equals >= 0 ? args[i][(equals + 1)..] : ++i < args.Count ? args[i] : null;
            if (value is null || (equals < 0 && value.StartsWith("--", StringComparison.Ordinal)))
            {
                throw Invalid($"{name} needs a value: {Settings.Find(key)?.Range ?? "see the README"}.");
            }

            if (!values.TryAdd(key, value))
            {
                throw Invalid($"{name} is given twice.");
            }
        }

        return new CommandLine(help, version, values);
    }

    private static DChatException Invalid(string message) => new(OptionRange.InvalidCode, message);

    private static string? KeyOf(string name)
    {
        if (!name.StartsWith("--", StringComparison.Ordinal))
        {
            return null;
        }

        var setting = Settings.All.FirstOrDefault(setting => setting.Switch == name) ?? Settings.Find(name[2..]);

        // A level may be set for each category, so those keys cannot be listed.
        return setting?.Key ?? (name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase) ? name[2..] : null);
    }
}
