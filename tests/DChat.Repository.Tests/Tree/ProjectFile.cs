using System.Xml;
using System.Xml.Linq;

namespace DChat.Repository.Tests.Tree;

/// <summary>What a .csproj says, before MSBuild adds anything.</summary>
public sealed class ProjectFile(TextFile file)
{
    private readonly XDocument _xml = XDocument.Parse(string.Join('\n', file.Lines), LoadOptions.SetLineInfo);

    public string Path => file.Path;

    public string Folder => file.Folder;

    /// <summary>The name without extension, as in <c>DChat.Core</c>.</summary>
    public string Name => System.IO.Path.GetFileNameWithoutExtension(file.Path);

    /// <summary>Names of the projects it references itself.</summary>
    public IEnumerable<(string Name, int Line)> ProjectReferences =>
        from reference in _xml.Descendants("ProjectReference")
        let include = (string?)reference.Attribute("Include") ?? ""
        select (System.IO.Path.GetFileNameWithoutExtension(include.Replace('\\', '/')), LineOf(reference));

    /// <summary>The packages it references itself, and whether it says which version.</summary>
    public IEnumerable<(string Name, bool HasVersion, int Line)> PackageReferences =>
        from reference in _xml.Descendants("PackageReference")
        let names = reference.Attributes().Select(attribute => attribute.Name).Concat(reference.Elements().Select(element => element.Name))
        let hasVersion = names.Any(name => name.LocalName is "Version" or "VersionOverride")
        select ((string?)reference.Attribute("Include") ?? "", hasVersion, LineOf(reference));

    public string? Property(string name) => (string?)_xml.Descendants(name).LastOrDefault();

    private static int LineOf(XElement element) => ((IXmlLineInfo)element).LineNumber;
}
