namespace DChat.Silo.Configuration;

/// <summary>Reads the silo's options and refuses what it does not know.</summary>
internal static class SiloConfiguration
{
    /// <summary>The section of every setting.</summary>
    public const string Section = "DChat";

    /// <summary>The silo's own options, in range.</summary>
    /// <exception cref="ConfigurationException">A key is unknown, or a value cannot be read or is out of its range.</exception>
    public static SiloOptions Load(IConfiguration configuration)
    {
        RejectUnknownKeys(configuration);
        var options = Bind<SiloOptions>(configuration, Section);
        return options.Validate() is { } problem ? throw new ConfigurationException($"{Section}:{problem}") : options;
    }

    /// <summary>Binds a section.</summary>
    /// <exception cref="ConfigurationException">A value cannot be converted; the message names its key, the value and the range.</exception>
    public static TOptions Bind<TOptions>(IConfiguration configuration, string section)
        where TOptions : class, new()
    {
        try
        {
            return configuration.GetSection(section).Get<TOptions>() ?? new TOptions();
        }
        catch (InvalidOperationException e)
        {
            // The binder names the key only within its message.
            var setting = Settings.All.FirstOrDefault(setting => e.Message.Contains($"'{setting.Key}'", StringComparison.OrdinalIgnoreCase));
            throw new ConfigurationException(
                setting is null ? e.Message : $"{setting.Key} is '{configuration[setting.Key]}', but must be {setting.Range}.");
        }
    }

    private static void RejectUnknownKeys(IConfiguration configuration)
    {
        foreach (var (key, value) in configuration.GetSection(Section).AsEnumerable())
        {
            if (value is not null && Settings.Find(key) is null)
            {
                throw new ConfigurationException($"{key} is not an option; --help lists them.");
            }
        }
    }
}
