namespace DChat.Silo.Configuration;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    public static void Write(TextWriter output)
    {
        output.WriteLine("Usage: dotnet run --project src/DChat.Silo -- [options]");
        output.WriteLine();
        output.WriteLine("Starts a DChat node: alone, or with others on this machine as one cluster (--role, --name, --primary).");
        output.WriteLine("An option is given as --switch VALUE, as --<Key> VALUE, in the environment with __ for :");
        output.WriteLine("(DCHAT__SILOPORT=11112), or in appsettings.json. The command line wins, then the environment.");
        output.WriteLine();
        foreach (var setting in Settings.All)
        {
            output.WriteLine(setting.Switch is null ? $"  --{setting.Key}" : $"  {setting.Switch,-20} {setting.Key}");
            output.WriteLine($"      {setting.Summary}");
            output.WriteLine($"      default {setting.Default}; {setting.Range}");
        }

        output.WriteLine();
        output.WriteLine("  --help, --version");
        output.WriteLine();
        output.WriteLine("Exit codes: 0 stopped, 1 failed, 2 bad configuration, 3 a port or the data directory cannot be used.");
    }
}
